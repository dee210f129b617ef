//! argos-condition
