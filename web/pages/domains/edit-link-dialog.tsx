import type { LocalDomain } from "#contract/domains.ts";
import type { Link } from "#contract/links.ts";
import { useCall } from "../../api/query.ts";
import { Dialog } from "../../components/confirm-dialog.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { domainsText } from "../../text/domains.ts";
import { useText } from "../../text/use-text.tsx";
import { AttachForm } from "./attach-form.tsx";

/** Where a component is dialled and by which secret, to be changed in place. */
export function EditLinkDialog(props: {
  readonly link: Link;
  readonly domain: LocalDomain;
  readonly onClose: () => void;
  readonly onSaved?: () => void;
  readonly isSecretAsked?: boolean;
}) {
  const t = useText(domainsText);
  const { link, domain } = props;
  const notify = useNotify();
  const change = useCall("PATCH /api/v1/links/:id", {
    changes: ["domains"],
    onSuccess() {
      notify(t("saved"));
      props.onClose();
      props.onSaved?.();
    },
  });
  return (
    <Dialog isOpen title={link.name} onClose={props.onClose} size="70rem">
      <AttachForm
        domain={domain.domain}
        initial={{
          name: link.name,
          host: link.host ?? "",
          port: link.port ?? 5347,
          security: link.security,
        }}
        isExisting
        isSecretAsked={props.isSecretAsked === true}
        isBusy={change.isPending}
        error={change.error}
        submitLabel={t("save")}
        onSubmit={({ host, port, security, secret, plainConsent }) =>
          change.mutate({
            params: { id: link.id },
            body: {
              host,
              port,
              security,
              ...(secret === null ? {} : { secret }),
              ...(plainConsent === undefined ? {} : { plainConsent }),
            },
          })
        }
      />
    </Dialog>
  );
}
