//! argos-logs
