// The part of @xmpp/component 0.13.1 that component.ts uses; the package has no types.
declare module "@xmpp/component" {
  import type { EventEmitter } from "node:events";
  import type { Socket } from "node:net";

  interface Component extends EventEmitter {
    status: string;
    socket: Socket | null;
    parser: unknown;
    _attachSocket(socket: Socket): void;
    _attachParser(parser: unknown): void;
    _detachParser(): void;
    _onData(data: Uint8Array): void;
    _onElement(element: unknown): void;
    _onParserError(error: unknown): void;
    _onSeeOtherHost(error: unknown): Promise<void>;
    _status(status: string, ...details: unknown[]): void;
    start(): Promise<unknown>;
    send(element: unknown): Promise<void>;
    write(text: string): Promise<void>;
  }
  interface ComponentClass {
    new (options: { service: string; domain: string }): Component;
  }
  function component(options: {
    service: string;
    domain: string;
    password: string;
  }): Component & { entity: Component };
  /** The shipped element builder, for tests that show what it does. */
  function xml(name: string, attributes: object, ...children: unknown[]): { toString(): string };
}
