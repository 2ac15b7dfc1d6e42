import { PageHeader } from "../../components/page-header.tsx";

export function DomainPage() {
  return <PageHeader title="Domain" />;
}
