/** The mark: a gate with a wave through it. Decorative: the word stands beside it. */
export function Logo({ size = 26 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" fill="#0f5c70" />
      <path
        d="M8 25V13a8 8 0 0 1 16 0v12"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
      <path
        d="M8 19c2.7-2.6 5.3-2.6 8 0s5.3 2.6 8 0"
        fill="none"
        stroke="#7fe0d2"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
    </svg>
  );
}
