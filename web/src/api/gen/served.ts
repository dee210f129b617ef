// Written by scripts/gen-api.mjs: which optional routes the contract has. Pages hide what the server does not offer.
export const served: Readonly<Record<'serviceControl', boolean>> = { serviceControl: false };
