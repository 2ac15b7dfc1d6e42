import pg from "pg";

type Ask = (...args: unknown[]) => unknown;

/**
 * Ends the connection when it leaves one statement unanswered for `limitMs`: a server that stands still, or a
 * network that swallows, says nothing. All that waits on the connection then fails at once.
 */
export function endWhenSilent(client: pg.ClientBase, limitMs: number): void {
  const ask = client.query.bind(client) as Ask;
  const end = () => {
    // With a statement under way this closes the socket rather than say goodbye.
    if (client instanceof pg.Client) void client.end().catch(() => undefined);
  };
  const watched: Ask = (...args) => {
    const timer = setTimeout(end, limitMs);
    const answered = () => clearTimeout(timer);
    const callback = args.at(-1);
    if (typeof callback === "function") {
      const told: Ask = (...answer) => {
        answered();
        return (callback as Ask)(...answer);
      };
      return ask(...args.slice(0, -1), told);
    }
    const answer = ask(...args);
    if (answer instanceof Promise) answer.then(answered, answered);
    return answer;
  };
  client.query = watched as pg.ClientBase["query"];
}
