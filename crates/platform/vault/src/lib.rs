//! argos-vault
