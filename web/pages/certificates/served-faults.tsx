import { Button, Group, Stack } from "@mantine/core";
import type { ServedCertificate } from "#contract/certificates.ts";
import { Dialog } from "../../components/confirm-dialog.tsx";
import { FindingNotice } from "../../components/finding.tsx";
import { certificatesText } from "../../text/certificates.ts";
import { useText } from "../../text/use-text.tsx";

/** Where something else is served than what was just put to use; nothing if it is served everywhere. */
export function ServedFaults(props: {
  readonly served: readonly ServedCertificate[];
  readonly onClose: () => void;
}) {
  const t = useText(certificatesText);
  const faults = props.served.flatMap(({ message }) => message ?? []);
  if (faults.length === 0) return null;
  return (
    <Dialog isOpen title={t("servedFaultsTitle")} onClose={props.onClose}>
      <Stack gap="sm">
        {faults.map((finding) => (
          <FindingNotice key={JSON.stringify(finding.params)} finding={finding} />
        ))}
        <Group justify="flex-end">
          <Button onClick={props.onClose}>{t("close")}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
