//! argos-host
