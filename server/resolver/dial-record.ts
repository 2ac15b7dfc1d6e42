import type { Socket } from "node:net";
import type {
  DialReport,
  PhaseName,
  PresentedCertificate,
  StepStatus,
  TranscriptEntry,
} from "#protocol/resolution/evidence.ts";
import { printableXml } from "#protocol/printable.ts";
import type { Clock } from "./clock.ts";

/** Keeps what one dial sees, phase by phase; bounded, whatever the peer sends. */
export interface DialRecord {
  /** Ends the phase before and begins this one. */
  readonly begin: (name: PhaseName) => void;
  readonly phase: () => PhaseName;
  readonly watch: (socket: Socket) => void;
  /** TCP's, below TLS. */
  readonly watched: () => Socket | null;
  readonly say: (direction: "out" | "in", xml: string) => void;
  /** The first bytes of the stream; after STARTTLS, of the new one. */
  readonly hear: (bytes: Uint8Array) => void;
  readonly firstBytes: () => string;
  readonly setFeatures: (names: readonly string[]) => void;
  readonly setTls: (tls: NonNullable<DialReport["tls"]>, chain: readonly Uint8Array[]) => void;
  /** What TLS broke of after its handshake: with TLS 1.3, a certificate of ours that was refused. */
  readonly setAlert: (alert: string) => void;
  readonly alert: () => string | null;
  readonly setLogin: (login: NonNullable<DialReport["login"]>) => void;
  readonly setCertificate: (certificate: PresentedCertificate) => void;
  readonly chain: () => readonly Uint8Array[];
  readonly finish: (isGood: boolean) => void;
  readonly report: () => DialReport;
}

const maxEntries = 40;
const maxEntryLength = 8_192;
const shownFirstBytes = 64;

export function createDialRecord(
  clock: Clock,
  onProgress: (report: DialReport) => void,
): DialRecord {
  const phases: {
    name: PhaseName;
    status: StepStatus;
    startedAt: number;
    endedAt: number | null;
  }[] = [];
  const transcript: TranscriptEntry[] = [];
  let socket: Socket | null = null;
  let first = Buffer.alloc(0);
  let features: string[] = [];
  let tls: DialReport["tls"] = null;
  let chain: readonly Uint8Array[] = [];
  let alert: string | null = null;
  let certificate: PresentedCertificate | null = null;
  let login: DialReport["login"] = null;

  const report = (): DialReport => ({
    localAddress: socket?.localAddress ?? null,
    phases: phases.map((phase) => ({ ...phase })),
    bytesSent: socket?.bytesWritten ?? 0,
    bytesReceived: socket?.bytesRead ?? 0,
    transcript: [...transcript],
    features,
    tls,
    certificate,
    login,
  });
  const close = (status: StepStatus) => {
    const last = phases.at(-1);
    if (last === undefined || last.endedAt !== null) return;
    last.endedAt = clock.now();
    last.status = status;
  };
  return {
    begin(name) {
      close("ok");
      if (name === "restart") first = Buffer.alloc(0);
      phases.push({ name, status: "running", startedAt: clock.now(), endedAt: null });
      onProgress(report());
    },
    phase: () => phases.at(-1)?.name ?? "tcp",
    watch(watched) {
      socket = watched;
    },
    watched: () => socket,
    say(direction, xml) {
      if (transcript.length >= maxEntries) return;
      const kept = xml.length > maxEntryLength ? `${xml.slice(0, maxEntryLength)}…` : xml;
      transcript.push({ direction, at: clock.now(), xml: printableXml(kept) });
    },
    hear(bytes) {
      if (first.length >= shownFirstBytes) return;
      first = Buffer.concat([first, bytes]).subarray(0, shownFirstBytes);
    },
    firstBytes: () => printable(first),
    setFeatures(names) {
      features = [...names];
    },
    setTls(facts, shown) {
      tls = facts;
      chain = shown;
    },
    setAlert(said) {
      alert = said;
    },
    alert: () => alert,
    setLogin(done) {
      login = done;
    },
    setCertificate(judged) {
      certificate = judged;
    },
    chain: () => chain,
    finish(isGood) {
      close(isGood ? "ok" : "failed");
    },
    report,
  };
}

/** Bytes as one line that can be shown: printable ASCII, the rest as dots. */
function printable(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("latin1")
    .replace(/\r?\n[\s\S]*$/, "")
    .replace(/[^\x20-\x7e]/g, ".");
}
