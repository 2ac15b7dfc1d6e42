import { createServer } from "node:net";

const FIRST_BLOCK = 20;
const LAST_BLOCK = 250;
const GUARD_PORT = 20_000;

/** Loopback addresses 127.0.BLOCK.1 to .250 that nobody else on this machine takes. */
export interface AddressBlock {
  readonly prefix: string;
  /** The next address that was not given out yet. */
  readonly next: () => string;
  readonly release: () => Promise<void>;
}

/**
 * Claims a block for as long as this process lives: a socket on the block's last address is the claim, so a crash
 * frees it and two runs at once never meet.
 */
export async function claimBlock(): Promise<AddressBlock> {
  for (let block = FIRST_BLOCK; block <= LAST_BLOCK; block += 1) {
    const release = await claim(`127.0.${block}.254`);
    if (release === undefined) continue;
    let last = 0;
    return {
      prefix: `127.0.${block}`,
      next: () => {
        last += 1;
        if (last > 250) throw new Error(`127.0.${block}.0/24 has no address left`);
        return `127.0.${block}.${last}`;
      },
      release,
    };
  }
  throw new Error(`every loopback block from 127.0.${FIRST_BLOCK} to 127.0.${LAST_BLOCK} is taken`);
}

function claim(host: string): Promise<(() => Promise<void>) | undefined> {
  const guard = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    guard.once("error", () => resolve(undefined));
    guard.listen({ host, port: GUARD_PORT, exclusive: true }, () => {
      guard.unref();
      resolve(() => new Promise((done) => guard.close(() => done())));
    });
  });
}
