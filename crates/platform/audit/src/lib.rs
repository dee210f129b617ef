//! argos-audit
