import { Link } from "@tanstack/react-router";
import { PageHeader } from "../../components/page-header.tsx";
import { useSession } from "../../api/session.ts";
import { welcomeText } from "../../text/welcome.ts";
import { useText } from "../../text/use-text.tsx";
import { FirstSteps, useFirstSteps } from "./first-steps.tsx";

/** The guide through the first run: what is done, and the one next step. */
export function WelcomePage() {
  const t = useText(welcomeText);
  const { name } = useSession();
  const { steps } = useFirstSteps();
  const isAllDone = steps.every(({ isDone }) => isDone);
  return (
    <>
      <PageHeader title={t("title", { name })} description={t("intro")} />
      <FirstSteps />
      <p style={{ marginTop: "1rem" }} className="wg-dimmed">
        {t.rich(isAllDone ? "allDone" : "later", {
          a: (chunks) => <Link to="/">{chunks}</Link>,
        })}
      </p>
    </>
  );
}
