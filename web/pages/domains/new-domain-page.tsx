import { PageHeader } from "../../components/page-header.tsx";

export function NewDomainPage() {
  return <PageHeader title="Add a domain" />;
}
