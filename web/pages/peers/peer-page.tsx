import { PageHeader } from "../../components/page-header.tsx";

export function PeerPage() {
  return <PageHeader title="…" />;
}
