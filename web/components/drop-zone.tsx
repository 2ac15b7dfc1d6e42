import "@mantine/dropzone/styles.layer.css";
import { Dropzone, type DropzoneProps } from "@mantine/dropzone";
import { IconUpload } from "@tabler/icons-react";
import classes from "./drop-zone.module.css";

interface DropZoneProps extends Pick<
  DropzoneProps,
  "multiple" | "maxSize" | "maxFiles" | "onDrop" | "onReject"
> {
  readonly title: string;
  readonly body: string;
  /** What its button says; it is the zone's name as well. */
  readonly browse: string;
}

/** Where files are dropped, or looked for. */
export function DropZone({ title, body, browse, ...props }: DropZoneProps) {
  return (
    <Dropzone {...props} aria-label={browse} className={classes.drop ?? ""}>
      <IconUpload size={26} stroke={1.5} aria-hidden="true" />
      <div>
        <p>
          <b>{title}</b>
        </p>
        <p className="wg-dimmed">{body}</p>
      </div>
      <span className={classes.browse}>{browse}</span>
    </Dropzone>
  );
}
