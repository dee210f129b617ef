//! The QR code of an enrolment as a PNG: level M, at least 256 pixels, four modules of quiet zone.

use argos_kernel::AppError;
use qrcode::{Color, EcLevel, QrCode};

const QUIET_MODULES: usize = 4;
const PIXELS_MIN: usize = 256;

/// A one-bit grey PNG that shows `text`.
pub fn png(text: &str) -> Result<Vec<u8>, AppError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(AppError::internal)?;
    let modules = code.width();
    let colors = code.to_colors();
    let scale = PIXELS_MIN.div_ceil(modules + 2 * QUIET_MODULES);
    let side = (modules + 2 * QUIET_MODULES) * scale;
    let dark = |pixel_x: usize, pixel_y: usize| {
        let (x, y) = ((pixel_x / scale).wrapping_sub(QUIET_MODULES), (pixel_y / scale).wrapping_sub(QUIET_MODULES));
        x < modules && y < modules && colors[y * modules + x] == Color::Dark
    };
    let row_bytes = side.div_ceil(8);
    let mut pixels = vec![0_u8; row_bytes * side];
    for y in 0..side {
        for x in (0..side).filter(|x| !dark(*x, y)) {
            pixels[y * row_bytes + x / 8] |= 0x80 >> (x % 8);
        }
    }
    let side = u32::try_from(side).map_err(AppError::internal)?;
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().map_err(AppError::internal)?;
    writer.write_image_data(&pixels).map_err(AppError::internal)?;
    writer.finish().map_err(AppError::internal)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn png_decodes_to_a_square_with_finder_patterns() {
        let bytes = png("otpauth://totp/argos-edge:admin?secret=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let side = usize::try_from(reader.info().width).unwrap();
        assert_eq!(reader.info().height, reader.info().width);
        assert!((256..512).contains(&side), "{side}");
        let mut pixels = vec![0_u8; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let white = |x: usize, y: usize| pixels[y * side.div_ceil(8) + x / 8] & (0x80 >> (x % 8)) != 0;
        assert!(white(0, 0) && white(side - 1, side - 1), "quiet zone");
        // The first dark pixel of the upper left finder pattern stands on the diagonal after the quiet zone.
        let first = (0..side).find(|i| !white(*i, *i)).unwrap();
        assert_eq!(first % 4, 0);
        assert!(!white(first, first + 1) && !white(first + 1, first));
    }
}
