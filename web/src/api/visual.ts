// Shapes of pictures, what differs between them, and findings of accessibility.
import type { Time } from './shapes';

/** CSS pixels from the top left corner of the picture. */
export interface Box { x: number; y: number; width: number; height: number }
export interface Difference { id: string; type: string; severity: 'critical' | 'major' | 'minor' | 'info'; description: string; element: string | null; expected: string | null; actual: string | null; is_regression: boolean; bounds_baseline: Box | null; bounds_current: Box | null }
export interface Comparison { id: string; project_id: string; baseline_id: string | null; baseline_version: number; run_id: string | null; test_id: string | null; name: string; url: string; viewport: { name: string | null; width: number; height: number }; branch: string; status: 'passed' | 'pending_review' | 'approved' | 'auto_approved' | 'rejected' | 'error'; superseded: boolean; match: boolean | null; match_percentage: number | null; diff_percentage: number | null; diff_pixel_count: number | null; ssim: number | null; differences: Difference[]; summary: string; warnings: string[]; baseline_url: string | null; current_url: string; diff_image_url: string | null; heatmap_url: string | null; side_by_side_url: string | null; width: number; height: number; scale: number; notes: string | null; reviewed_by: string | null; reviewed_at: Time; compared_at: Time }
export interface Explained { source: 'rules' | 'model'; reason: string | null; explanation: { summary: string; changes_explained: { change: string; likely_cause: string; intentional_likelihood: number; risk_level: 'critical' | 'high' | 'medium' | 'low' }[]; recommendations: string[]; overall_assessment: string } }
export interface Finding { rule_id: string; criterion: string | null; level: string | null; severity: 'critical' | 'major' | 'minor'; impact: string; description: string; selector: string; html: string; recommendation: string; bounds: Box | null }
export interface VisualCheck { kind: 'visual'; name: string; comparison_id: string; status: Comparison['status']; match: boolean | null; match_percentage: number | null; summary: string; before_url?: string; after_url?: string; difference_url?: string; width: number; height: number }
export interface AccessibilityCheck { kind: 'accessibility'; wcag_level: string; score: number; level_compliance: string; summary: string; issue_count: number; incomplete_count: number; issues: Finding[]; picture_url?: string; document_url?: string; width: number; height: number }
export type CheckShown = VisualCheck | AccessibilityCheck;

/** A part of a page nobody compares: a text, a selector or an area in CSS pixels. */
export type IgnoredRegion = string | { selector: string } | Box;
export interface Screen { name: string | null; width: number; height: number; device_scale_factor: number }
export interface Baseline { id: string; name: string; url: string; project_id: string; test_id: string | null; screenshot_url: string | null; version: number; status: string; browser: string; viewport: Screen; branch: string; ignore_regions: IgnoredRegion[]; taken: { full_page: boolean; mask_selectors: string[]; hide_selectors: string[] }; threshold: number | null; threshold_percentage: number | null; created_by: string; created_at: Time; updated_at: Time }
export interface BaselineVersion { version: number; screenshot_url: string; note: string | null; created_by: string; created_at: Time }
export interface Audit { snapshot_id: string; screenshot_url: string; wcag_level: string; accessibility: { overall_score: number; level_compliance: string; issues: Finding[]; incomplete: unknown[]; passed_criteria: string[]; frames_skipped: number; summary: string }; analyzed_at: Time }
export interface ScreenIssue { type: string; severity: number; description: string; selector: string; bounds: Box }
export interface ScreenResult { id: string | null; viewport: Screen; success: boolean; screenshot_url: string | null; error: string | null; issues: ScreenIssue[]; comparison: Comparison | null }
export interface Screens { url: string; results: ScreenResult[]; captured_at: Time }
