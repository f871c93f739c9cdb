using System.Diagnostics.Metrics;

namespace Pechat.CertificateStatus;

/// <summary>Instruments of this service.</summary>
internal static class Telemetry
{
    private static readonly Meter Meter = new("Pechat.CertificateStatus");

    internal static readonly Counter<long> Ocsp = Meter.CreateCounter<long>("pechat.certificatestatus.ocsp", "{response}", "OCSP answers by source: cache, signed, stale, refused.");

    internal static void Count(string source) => Ocsp.Add(1, new KeyValuePair<string, object?>("source", source));
}
