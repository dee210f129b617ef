// Shapes of the certificate routes.
import type { Time } from './shapes';

export type CertificateState = 'ok' | 'warning' | 'critical' | 'expired' | 'unknown';
export interface OrderStep { at: string; step: string; detail: string }
export interface SiteCertificate {
  domain: string; host_id: number; issuer: string; not_before: Time; not_after: Time; last_checked_at: string; days_left: number | null; status: CertificateState; next_renewal_estimate: Time;
  last_renewal_event?: { timestamp: string; message: string; success: boolean }; challenge: string; authority: string; dns_provider: string | null; fingerprint_sha256: string | null;
  failures: number; error_code: string | null; next_attempt_at: Time; ordering: boolean; steps: OrderStep[];
}
export interface ManualCertificate { host_id: number; domain: string; issuer: string; subject_cn: string; sans: string[]; not_before: string; not_after: string; days_left: number; status: CertificateState; fingerprint_sha256: string; uploaded_at: string; uploaded_by: string; has_chain: boolean }
export interface FoundCertificate { issuer: string; subject_cn: string; sans: string[]; not_before: string; not_after: string; days_left: number; fingerprint_sha256: string; has_chain: boolean }
export interface CertificateCheck { ok: boolean; error: string | null; field: string | null; warnings: string[]; cert: FoundCertificate | null }
export interface DnsProvider { name: string; display_name: string; enabled: boolean; configured: boolean; fields: { key: string; label: string; required: boolean; placeholder?: string; secret?: boolean }[]; docs_url?: string; updated_at?: string }
