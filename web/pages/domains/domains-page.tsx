import { PageHeader } from "../../components/page-header.tsx";

export function DomainsPage() {
  return <PageHeader title="Domains" />;
}
