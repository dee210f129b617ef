//! argos-metrics
