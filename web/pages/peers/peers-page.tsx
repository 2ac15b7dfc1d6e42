import { PageHeader } from "../../components/page-header.tsx";

export function PeersPage() {
  return <PageHeader title="…" />;
}
