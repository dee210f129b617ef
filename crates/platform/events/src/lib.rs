//! argos-events
