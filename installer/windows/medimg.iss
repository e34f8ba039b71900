; Inno Setup 6: one installer for Windows, for one user or for all.
; Not run by its authors: nothing in this repository was built on Windows. The workflow
; .github/workflows/installers.yml calls `iscc installer\windows\medimg.iss /DVersion=0.1.0`.

#ifndef Version
  #define Version "0.0.0"
#endif

[Setup]
AppId={{6B0C1C0E-5B2B-4B1D-9C3E-2B7B6E0F5A11}
AppName=MedImg Workstation
AppVersion={#Version}
AppVerName=MedImg Workstation {#Version} (research use only)
DefaultDirName={autopf}\MedImg Workstation
DefaultGroupName=MedImg Workstation
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog commandline
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
LicenseFile=..\..\LICENSE
OutputDir=..\..\dist
OutputBaseFilename=medimg-workstation-{#Version}-windows
Compression=lzma2/max
SolidCompression=yes
ChangesAssociations=yes
ChangesEnvironment=yes

[Types]
Name: "all"; Description: "All packages"
Name: "free"; Description: "Without packages for non-commercial use"
Name: "custom"; Description: "Custom"; Flags: iscustom

[Components]
Name: "program"; Description: "Program"; Types: all free custom; Flags: fixed
Name: "nc"; Description: "Packages for non-commercial use"; Types: all

[Files]
Source: "..\..\dist\medimg-workstation\*"; DestDir: "{app}"; Components: program; \
  Excludes: "\_internal\medimg_models\brain-mri-glioma\*"; Flags: recursesubdirs ignoreversion
Source: "..\..\dist\medimg-workstation\_internal\medimg_models\brain-mri-glioma\*"; \
  DestDir: "{app}\_internal\medimg_models\brain-mri-glioma"; Components: nc; \
  Flags: recursesubdirs ignoreversion

[Icons]
Name: "{group}\MedImg Workstation"; Filename: "{app}\medimg-workstation.exe"

[Registry]
Root: HKA; Subkey: "Software\Classes\.dcm\OpenWithProgids"; ValueType: string; \
  ValueName: "MedImgWorkstation.dcm"; ValueData: ""; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\MedImgWorkstation.dcm\shell\open\command"; \
  ValueType: string; ValueData: """{app}\medimg-workstation.exe"" ""%1"""; Flags: uninsdeletekey

[Run]
Filename: "{app}\medimg.exe"; Parameters: "self-test"; Description: "Prove the installation"; \
  Flags: postinstall skipifsilent unchecked
