//! argos-settings
