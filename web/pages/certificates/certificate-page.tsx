import { PageHeader } from "../../components/page-header.tsx";

export function CertificatePage() {
  return <PageHeader title="Certificate" />;
}
