import { PageHeader } from "../../components/page-header.tsx";

export function NewPeerPage() {
  return <PageHeader title="…" />;
}
