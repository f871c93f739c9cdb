using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation.Log;

/// <summary>Proofs of the tamper-evident log. One method per file.</summary>
internal sealed partial class SignatureLogService(NpgsqlDataSource db, ModuleCryptography module) : SignatureLog.SignatureLogBase
{
    private static FaultException UnknownCheckpoint() => FaultException.NotFound("unknown_checkpoint", "no checkpoint was signed at this size");
}
