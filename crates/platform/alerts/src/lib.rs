//! argos-alerts
