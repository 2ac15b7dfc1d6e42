/**
 * A `dig` line that asks the resolver that was asked here (`192.0.2.53:53`, `[2001:db8::53]:5353`), since
 * this machine's own may give the answers of the inside; without one the line stays as it is.
 */
export function digAt(line: string, resolver: string | undefined): string {
  const [, inBrackets, plain, port] =
    /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(resolver ?? "") ?? [];
  const address = inBrackets ?? plain;
  if (address === undefined) return line;
  const at = port === undefined || port === "53" ? `@${address}` : `@${address} -p ${port}`;
  return line.replace(/^dig /, `dig ${at} `);
}
