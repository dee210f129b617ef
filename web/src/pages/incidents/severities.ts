// The words of severity as rules and incidents use them, weakest first.
export const incidentSeverities = ['info', 'warning', 'danger', 'critical'] as const;
