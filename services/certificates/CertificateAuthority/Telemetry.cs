using System.Diagnostics.Metrics;

namespace Pechat.CertificateAuthority;

/// <summary>Instruments of this service.</summary>
internal static class Telemetry
{
    private static readonly Meter Meter = new("Pechat.CertificateAuthority");

    internal static readonly Counter<long> Issued = Meter.CreateCounter<long>("pechat.certificateauthority.issued", "{certificate}", "Certificates signed and stored, by profile.");
    internal static readonly Counter<long> StatusChanges = Meter.CreateCounter<long>("pechat.certificateauthority.status_changes", "{change}", "Changes of SM-5, by state.");
    internal static readonly Counter<long> OcspSigned = Meter.CreateCounter<long>("pechat.certificateauthority.ocsp_responses", "{response}", "OCSP responses, by outcome.");
    internal static readonly Counter<long> CrlSigned = Meter.CreateCounter<long>("pechat.certificateauthority.crls", "{crl}", "CRLs signed, by issuer.");
}
