import { PageHeader } from "../../components/page-header.tsx";
import { useSession } from "../../api/session.ts";
import { peopleText } from "../../text/people.ts";
import { useText } from "../../text/use-text.tsx";
import { OwnSessions } from "./own-sessions.tsx";
import { PasswordPanel } from "./password-panel.tsx";

/** One's own password and sessions. */
export function AccountPage() {
  const t = useText(peopleText);
  const { name, role } = useSession();
  return (
    <>
      <PageHeader title={t("accountTitle")} description={t("accountIntro", { name, role })} />
      <OwnSessions />
      <PasswordPanel />
    </>
  );
}
