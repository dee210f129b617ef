//! argos-identity
