import { PageHeader } from "../../components/page-header.tsx";

export function CertificatesPage() {
  return <PageHeader title="Certificates" />;
}
