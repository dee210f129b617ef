//! argos-acceptance
