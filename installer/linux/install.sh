#!/bin/sh
# MedImg Workstation @VERSION@: installs itself below one folder, without root and without network.
#
#   --prefix DIR   install below DIR (default ~/.local)
#   --no-nc        leave out packages whose weights are for non-commercial use
#   --silent       no questions and no output but errors
#   --uninstall    remove all versions below the prefix; data of users stay
#
# Research use only - not for diagnosis.
set -eu

VERSION='@VERSION@'
PAYLOAD_LINE='@LINE@'
PAYLOAD_SHA256='@SHA256@'
NON_COMMERCIAL='@NON_COMMERCIAL@'

prefix="${HOME:-}/.local"
silent=no
nc=yes
action=install

fail() { echo "medimg-workstation: $*" >&2; exit 1; }
wrong() { echo "medimg-workstation: $*" >&2; exit 2; }
tell() { [ "$silent" = yes ] || echo "$*"; }

while [ $# -gt 0 ]; do
  case "$1" in
    --prefix) [ $# -ge 2 ] || wrong "--prefix needs a folder."; prefix="$2"; shift ;;
    --prefix=*) prefix="${1#--prefix=}" ;;
    --no-nc) nc=no ;;
    --silent) silent=yes ;;
    --uninstall) action=uninstall ;;
    -h|--help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) wrong "unknown option $1. --help lists the options." ;;
  esac
  shift
done

case "$prefix" in
  '') wrong "no prefix is given and HOME is not set. Name one with --prefix DIR." ;;
  /*) ;;
  *) prefix="$PWD/$prefix" ;;
esac
home="$prefix/opt/medimg-workstation"

links() {
  echo "bin/medimg bin/medimg-workstation share/applications/medimg-workstation.desktop"
  echo "share/mime/packages/medimg-workstation.xml share/icons/hicolor/scalable/apps/medimg-workstation.svg"
}

tell_desktop() {
  if command -v update-mime-database >/dev/null && [ -d "$prefix/share/mime" ]; then
    update-mime-database "$prefix/share/mime" 2>/dev/null || true
  fi
  if command -v update-desktop-database >/dev/null && [ -d "$prefix/share/applications" ]; then
    update-desktop-database -q "$prefix/share/applications" 2>/dev/null || true
  fi
}

# Folders that this installation alone used go too; others stay because they are not empty.
remove_empty() {
  for folder in bin share/applications share/mime/packages share/mime \
    share/icons/hicolor/scalable/apps share/icons/hicolor/scalable share/icons/hicolor share/icons \
    share opt; do
    rmdir "$prefix/$folder" 2>/dev/null || true
  done
  rmdir "$prefix" 2>/dev/null || true
}

if [ "$action" = uninstall ]; then
  [ -d "$home" ] || fail "nothing is installed below $prefix. Name the folder with --prefix DIR."
  rm -rf "$home"
  for link in $(links); do rm -f "$prefix/$link"; done
  tell_desktop
  # What update-mime-database wrote for our file type alone.
  [ -n "$(ls "$prefix/share/mime/packages" 2>/dev/null)" ] || rm -rf "$prefix/share/mime"
  [ -n "$(ls "$prefix"/share/applications/*.desktop 2>/dev/null)" ] || rm -f "$prefix/share/applications/mimeinfo.cache"
  remove_empty
  tell "MedImg Workstation is removed from $prefix. Settings, packages and results of users were left."
  exit 0
fi

for tool in tar xz sha256sum tail; do
  command -v "$tool" >/dev/null || fail "the program $tool is missing. Install it, then run this file again."
done

tell "MedImg Workstation $VERSION - research use only, not for diagnosis."
[ "$(tail -n +"$PAYLOAD_LINE" "$0" | sha256sum | cut -d' ' -f1)" = "$PAYLOAD_SHA256" ] ||
  fail "this file is damaged: its checksum does not agree. Copy it again."

mkdir -p "$home" 2>/dev/null || fail "$home cannot be written to. Choose another folder with --prefix DIR."
staged="$home/.new-$$"
trap 'rm -rf "$staged"' EXIT
trap 'exit 130' INT TERM
mkdir "$staged"
tail -n +"$PAYLOAD_LINE" "$0" | tar -xJf - -C "$staged" ||
  fail "the files could not be unpacked below $home. Is the disk full?"
if [ "$nc" = no ]; then
  for id in $NON_COMMERCIAL; do rm -rf "$staged/opt/medimg-workstation/_internal/medimg_models/$id"; done
fi

rm -rf "${home:?}/$VERSION"
mv "$staged/opt/medimg-workstation" "$home/$VERSION"
cp -R "$staged/usr/share/doc/medimg-workstation" "$home/$VERSION/doc"
ln -sfn "$VERSION" "$home/.current-$$"
mv -T "$home/.current-$$" "$home/current" 2>/dev/null || { rm -f "$home/current"; mv "$home/.current-$$" "$home/current"; }
mkdir -p "$prefix/bin" "$prefix/share/applications" "$prefix/share/mime/packages" \
  "$prefix/share/icons/hicolor/scalable/apps"
for program in medimg medimg-workstation; do ln -sfn "$home/current/$program" "$prefix/bin/$program"; done
sed "s#^Exec=medimg-workstation#Exec=\"$prefix/bin/medimg-workstation\"#" \
  "$staged/usr/share/applications/medimg-workstation.desktop" \
  >"$prefix/share/applications/medimg-workstation.desktop"
cp "$staged/usr/share/mime/packages/medimg-workstation.xml" "$prefix/share/mime/packages/"
cp "$staged/usr/share/icons/hicolor/scalable/apps/medimg-workstation.svg" \
  "$prefix/share/icons/hicolor/scalable/apps/"
tell_desktop
others=$(ls "$home" | grep -vx "current" | grep -vx "$VERSION" | tr '\n' ' ')
tell "Installed: $prefix/bin/medimg-workstation and $prefix/bin/medimg."
[ -z "$others" ] || tell "Kept beside it: version $others(remove its folder below $home to free space)."
case ":$PATH:" in *":$prefix/bin:"*) ;; *) tell "$prefix/bin is not on your PATH." ;; esac
exit 0
