import classes from "./x2x.module.css";

/** 30 digits in groups of five, to be read aloud. */
export function Fingerprint({ digits }: { readonly digits: string }) {
  return (
    <p className={classes.fingerprint}>
      {digits.split(" ").map((group, index) => (
        <span key={index}>{group} </span>
      ))}
    </p>
  );
}
