import { ActionIcon, TextInput, Tooltip } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useId, useState } from "react";
import type { KnownCertificate } from "#contract/peer-trust.ts";
import type { ApiProblem } from "../../api/problem.ts";
import { CodeBlock } from "../../components/code-block.tsx";
import { peerTrustText } from "../../text/peer-trust.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./peers.module.css";
import { MAX_PINS, pinKind, readPins } from "./pins.ts";
import type { Terms } from "./terms.ts";

interface PinsFieldProps {
  readonly terms: Terms;
  readonly set: <K extends keyof Terms>(key: K, value: Terms[K]) => void;
  readonly error: ApiProblem | null;
  readonly known: readonly KnownCertificate[];
}

/** The pins of a peer; what is pasted becomes one as soon as it is whole. */
export function PinsField({ terms, set, error, known }: PinsFieldProps) {
  const t = useText(peerTrustText);
  const id = useId();
  const [isLeft, setIsLeft] = useState(false);
  const { pins, pinDraft } = terms;
  const isFull = pins.length >= MAX_PINS;
  const read = readPins(pinDraft);
  const bad = pinDraft.trim() === "" || read.ok || !isLeft ? null : t(`pinBad.${read.reason}`);

  function type(text: string): void {
    const found = readPins(text);
    if (!found.ok) return set("pinDraft", text);
    set("pins", [...new Set([...pins, ...found.pins])].slice(0, MAX_PINS));
    set("pinDraft", "");
  }

  return (
    <div role="group" aria-labelledby={id} className={classes.group}>
      <div>
        <div id={id} className={classes.groupTitle}>
          {t("pinsTitle")}
        </div>
        <p className="wg-dimmed">
          {t("pinsHelp")} {terms.authorityPem.trim() !== "" && t("pinsHelpAuthority")}
        </p>
      </div>
      {pins.length === 0 ? (
        <p>{t("pinsEmpty")}</p>
      ) : (
        <ul className={classes.pins}>
          {pins.map((pin) => (
            <li key={pin}>
              <span>
                <span className={`wg-mono ${classes.pin}`}>{pin}</span>
                <span className="wg-dimmed">{t(`pinIs.${pinKind(pin, known)}`)}</span>
              </span>
              <Tooltip label={t("pinRemove", { pin: pin.slice(0, 11) })}>
                <ActionIcon
                  variant="subtle"
                  color="red"
                  aria-label={t("pinRemove", { pin })}
                  onClick={() =>
                    set(
                      "pins",
                      pins.filter((one) => one !== pin),
                    )
                  }
                >
                  <IconX size={16} />
                </ActionIcon>
              </Tooltip>
            </li>
          ))}
        </ul>
      )}
      {isFull ? (
        <p>{t("pinsMany")}</p>
      ) : (
        <TextInput
          label={t("pinAdd")}
          description={t("pinAddHelp")}
          value={pinDraft}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={4000}
          classNames={{ input: "wg-mono" }}
          error={bad ?? error?.fields["pins"]}
          onBlur={() => setIsLeft(true)}
          onFocus={() => setIsLeft(false)}
          onChange={(event) => type(event.currentTarget.value)}
        />
      )}
      <details className={classes.how}>
        <summary>{t("pinHow")}</summary>
        <p>{t("pinHowBody")}</p>
        <CodeBlock label={t("pinHowCode")} code={COMMANDS} isWrapped />
        <p>{t("pinNext")}</p>
      </details>
    </div>
  );
}

const COMMANDS = `openssl x509 -in server.crt -noout -fingerprint -sha256
openssl x509 -in server.crt -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256`;
