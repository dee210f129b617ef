//! argos-ui-assets
