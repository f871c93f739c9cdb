using System.Diagnostics.Metrics;

namespace Pechat.SignatureActivation;

/// <summary>Instruments of the module; named like the assembly.</summary>
internal static class Telemetry
{
    private static readonly Meter Meter = new("Pechat.SignatureActivation");

    internal static readonly Counter<long> Signatures =
        Meter.CreateCounter<long>("pechat.signatureactivation.signatures", "{signature}", "Signatures released.");

    internal static readonly Counter<long> Refusals =
        Meter.CreateCounter<long>("pechat.signatureactivation.refusals", "{call}", "Activations and signings refused, by code.");

    internal static readonly Histogram<double> SignDuration =
        Meter.CreateHistogram<double>("pechat.signatureactivation.sign.duration", "s", "Time of one Sign call.");
}
