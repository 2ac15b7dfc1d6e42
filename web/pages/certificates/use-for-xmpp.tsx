import "@mantine/core/styles/Checkbox.layer.css";
import "@mantine/core/styles/InlineInput.layer.css";
import { Button, Checkbox, Group } from "@mantine/core";
import { useState } from "react";
import type { Certificate, NameCoverage, ServedCertificate } from "#contract/certificates.ts";
import { useCall } from "../../api/query.ts";
import { Dialog } from "../../components/confirm-dialog.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { useUnicodeNames } from "../../components/unicode-names.ts";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";
import { titleOf } from "./life.ts";
import classes from "./name-use.module.css";
import { coveredNames } from "./names.ts";
import { ServedFaults } from "./served-faults.tsx";

/** Offers the certificate to all names that it covers and that do not show it yet; nothing if there is none. */
export function UseForXmpp({ certificate }: { readonly certificate: Certificate }) {
  const t = useText(certificatesText);
  const [isOpen, setIsOpen] = useState(false);
  const [served, setServed] = useState<readonly ServedCertificate[]>([]);
  const { id, coverage } = certificate;
  const isUsed = coveredNames(coverage).every(({ xmpp }) => xmpp.active?.id === id);
  return (
    <>
      {!isUsed && (
        <Button variant="default" onClick={() => setIsOpen(true)}>
          {t("useForXmpp")}
        </Button>
      )}
      {isOpen && (
        <UseDialog
          certificate={certificate}
          onServed={setServed}
          onClose={() => setIsOpen(false)}
        />
      )}
      <ServedFaults served={served} onClose={() => setServed([])} />
    </>
  );
}

interface UseDialogProps {
  readonly certificate: Certificate;
  readonly onServed: (served: readonly ServedCertificate[]) => void;
  readonly onClose: () => void;
}

function UseDialog({ certificate, onServed, onClose }: UseDialogProps) {
  const t = useText(certificatesText);
  const notify = useNotify();
  const unicode = useUnicodeNames();
  const nameNow = useNameNow();
  const { id, coverage } = certificate;
  const label = titleOf(certificate);
  const covered = coveredNames(coverage);
  const offered = covered.filter(({ xmpp }) => xmpp.active?.id !== id);
  const left = coverage.filter(({ xmpp, isCovered }) => xmpp !== null && !isCovered);
  const [unwanted, setUnwanted] = useState<readonly string[]>([]);
  const names = offered.map(({ name }) => name).filter((name) => !unwanted.includes(name));
  const activate = useCall("POST /api/v1/certificates/:id/activation", {
    changes: ["domains"],
    onSuccess({ served }) {
      onServed(served);
      notify(t("activatedForXmpp", { label, count: names.length, name: unicode(names[0] ?? "") }));
      onClose();
    },
  });
  return (
    <Dialog isOpen title={t("useForXmppTitle", { label })} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          activate.mutate({ params: { id }, body: { use: "xmpp", names } });
        }}
      >
        <p>{t("useForXmppBody")}</p>
        <div className={classes.choices}>
          {covered.map(({ name, xmpp }) => {
            const isHere = xmpp.active?.id === id;
            return (
              <Checkbox
                key={name}
                label={unicode(name)}
                description={isHere ? t("nameHere") : nameNow(xmpp)}
                disabled={isHere}
                checked={isHere || !unwanted.includes(name)}
                onChange={({ currentTarget: { checked } }) =>
                  setUnwanted(
                    checked ? unwanted.filter((one) => one !== name) : [...unwanted, name],
                  )
                }
              />
            );
          })}
        </div>
        {left.length > 0 && (
          <p className="wg-dimmed">
            {t("namesLeft", { names: left.map(({ name }) => unicode(name)).join(", ") })}
          </p>
        )}
        <ProblemNotice error={activate.error} />
        <Group justify="flex-end">
          <Button type="submit" disabled={names.length === 0} loading={activate.isPending}>
            {t("useForNames", { count: names.length })}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}

/** What a name shows so far, in a line. */
function useNameNow(): (use: NonNullable<NameCoverage["xmpp"]>) => string {
  const t = useText(certificatesText);
  const format = useTimeFormat();
  return ({ active }) =>
    active === null
      ? t("nameNone")
      : t("nameNow", { label: active.label, date: format.date(new Date(active.notAfter)) });
}
