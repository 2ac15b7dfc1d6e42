import { PageHeader } from "../../components/page-header.tsx";

export function NewCertificatePage() {
  return <PageHeader title="Add a certificate" />;
}
