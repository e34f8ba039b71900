#!/bin/sh
# The macOS bundle of the window, as a disk image. The command line comes as a wheel there, since a
# bundle holds one program. Not run by its authors: nothing in this repository was built on macOS.
set -eu
version="$1"
root=$(cd "$(dirname "$0")/../.." && pwd)
app="$root/dist/MedImg Workstation.app"

mkdir -p "$app/Contents/MacOS" "$app/Contents/Resources"
cp -R "$root/dist/medimg-workstation/." "$app/Contents/MacOS/"
rm -f "$app/Contents/MacOS/medimg"
cat >"$app/Contents/Info.plist" <<PLIST
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
  <key>CFBundleName</key><string>MedImg Workstation</string>
  <key>CFBundleIdentifier</key><string>org.medimg.workstation</string>
  <key>CFBundleVersion</key><string>$version</string>
  <key>CFBundleShortVersionString</key><string>$version</string>
  <key>CFBundleExecutable</key><string>medimg-workstation</string>
  <key>NSHighResolutionCapable</key><true/>
  <key>CFBundleDocumentTypes</key><array><dict>
    <key>CFBundleTypeName</key><string>DICOM image</string>
    <key>CFBundleTypeExtensions</key><array><string>dcm</string></array>
    <key>CFBundleTypeRole</key><string>Viewer</string>
  </dict></array>
</dict></plist>
PLIST
codesign --force --deep --sign - "$app"
hdiutil create -volname "MedImg Workstation" -srcfolder "$app" -ov -format UDZO \
  "$root/dist/medimg-workstation-$version-macos.dmg"
