import { Button } from "@mantine/core";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useCall } from "../../api/query.ts";
import { useMay } from "../../api/session.ts";
import { NameProblem } from "../../components/name-problem.tsx";
import { useNotify } from "../../components/toasts.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { peersText } from "../../text/peers.ts";
import { shellText } from "../../text/shell.ts";
import { useText } from "../../text/use-text.tsx";
import { PeerForm } from "./peer-form.tsx";
import { isComplete, newTerms, requestOf, type Terms } from "./terms.ts";

const route = getRouteApi("/signed-in/peers/new");

/** Adds a peer, filled in from a trace where it comes from one; or blocks a domain. */
export function NewPeerPage() {
  const t = useText(peersText);
  const words = useText(shellText);
  const may = useMay("admin");
  const { domain = "", expects, reading, stance } = route.useSearch();
  const navigate = useNavigate();
  const notify = useNotify();
  const [terms, setTerms] = useState<Terms>({
    ...newTerms,
    domain,
    ...(expects === undefined ? {} : { expects }),
    ...(reading === undefined ? {} : { reading }),
    ...(stance === undefined ? {} : { stance }),
  });
  const create = useCall("POST /api/v1/peers", {
    onSuccess(peer) {
      if (peer.stance === "trusted") notify(t("created", { domain: peer.domain }));
      void navigate({ to: "/peers/$id", params: { id: peer.id } });
    },
  });
  const existing = create.error?.params["id"];
  return (
    <>
      <PageHeader
        title={t(terms.stance === "blocked" ? "newBlockTitle" : "newTitle")}
        crumbs={[{ label: t("title"), to: "/peers" }]}
      />
      {!may && <p>{words("readOnly")}</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isComplete(terms, null)) create.mutate({ body: requestOf(terms) });
        }}
      >
        <PeerForm
          terms={terms}
          before={null}
          onChange={setTerms}
          error={create.error}
          isReadOnly={!may}
        />
        <div style={{ display: "grid", gap: "0.875rem", maxWidth: "46rem", marginTop: "1.5rem" }}>
          <NameProblem
            error={create.error}
            onTake={(name) => {
              setTerms({ ...terms, domain: name });
              create.reset();
            }}
            {...(typeof existing === "string"
              ? {
                  action: (
                    <Link to="/peers/$id" params={{ id: existing }}>
                      {t("existing")}
                    </Link>
                  ),
                }
              : {})}
          />
          <div>
            <Button
              type="submit"
              loading={create.isPending}
              disabled={!may || !isComplete(terms, null)}
            >
              {t(terms.stance === "blocked" ? "createBlock" : "create")}
            </Button>
          </div>
        </div>
      </form>
    </>
  );
}
