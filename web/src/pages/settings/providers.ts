// The language model services that the server speaks to. Their names stand in the catalogue `models`.
import { tDynamic } from '../../i18n';

export const providers = ['anthropic', 'openai', 'gemini', 'ollama', 'groq', 'together', 'openai_compatible'] as const;
export type Provider = (typeof providers)[number];
export function providerName(id: string): string { return tDynamic(`models.provider.${id}`, id); }
