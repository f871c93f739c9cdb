using System.Formats.Asn1;
using System.Security.Cryptography;
using Dapper;
using Npgsql;
using Pechat.Pkcs11;
using Pechat.Pki;
using Pechat.Timestamping.Unit;

namespace Pechat.Timestamping.Stamping;

/// <summary>Answers one TimeStampReq (RFC 3161 §2.4, EN 319 422); HTTP and gRPC carry the same bytes.</summary>
internal sealed partial class Stamp(TimestampUnit unit, ClockGuard clock, TimestampingOptions options, NpgsqlDataSource db, ILogger<Stamp> logger)
{
    internal const int MaxRequestBytes = 4096;
    private const int SerialBytes = 16;

    /// <summary>The response, DER; a refusal is a response too.</summary>
    internal async Task<byte[]> AnswerAsync(ReadOnlyMemory<byte> request, CancellationToken ct)
    {
        if (!TryParse(request, out TimestampRequest? asked))
            return Refuse(TimestampFailure.BadDataFormat);
        if (WhyRefused(asked) is { } failure)
            return Refuse(failure);
        if (clock.Now() is not { } now || now < unit.Certificate.NotBefore || now > unit.SignsUntil)
            return Refuse(TimestampFailure.TimeNotAvailable);
        try
        {
            return TimestampResponse.Granted(await SignAsync(asked, now, ct));
        }
        catch (Exception e) when (e is Pkcs11Exception or TokenBusyException or NpgsqlException)
        {
            // The caller may try again; a token that was signed but not recorded is never handed out.
            DependencyDown(logger, e);
            return TimestampResponse.Refused(TimestampFailure.SystemFailure);
        }
    }

    private static bool TryParse(ReadOnlyMemory<byte> request, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TimestampRequest? asked)
    {
        asked = null;
        if (request.Length > MaxRequestBytes)
            return false;
        try
        {
            asked = TimestampRequest.Parse(request);
            return true;
        }
        catch (AsnContentException)
        {
            return false; // the answer is badDataFormat
        }
    }

    private TimestampFailure? WhyRefused(TimestampRequest asked)
    {
        if (DigestAlgorithm.Find(asked.Imprint.HashAlgorithm.Oid) is not { } digest || !asked.Imprint.HashAlgorithm.HasNoParameters)
            return TimestampFailure.BadAlgorithm; // SHA-1 is not in the table
        if (asked.Imprint.Digest.Length != digest.Length)
            return TimestampFailure.BadDataFormat;
        if (asked.Policy is { } policy && policy != options.Policy)
            return TimestampFailure.UnacceptedPolicy;
        return asked.Extensions.Count > 0 ? TimestampFailure.UnacceptedExtension : null;
    }

    private async Task<byte[]> SignAsync(TimestampRequest asked, DateTimeOffset now, CancellationToken ct)
    {
        byte[] serial = NewSerial();
        var info = new TstInfo
        {
            Policy = options.Policy,
            Imprint = asked.Imprint,
            SerialNumber = serial,
            GenTime = now,
            Accuracy = new((int)options.Accuracy.TotalSeconds, options.Accuracy.Milliseconds),
            Nonce = asked.Nonce,
            Extensions = options.Qualified ? [TstInfo.Qualified] : [],
        };
        IReadOnlyList<Certificate> include = asked.CertificateRequested ? [unit.Certificate, .. unit.Chain] : [];
        byte[] token = await TimestampToken.SignAsync(info, unit.Certificate, unit.Signer, include, ct);
        // The record precedes the answer: a token that exists outside is in the log.
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into issued_token (serial, gen_time, hash_algorithm, message_hash, policy, tsu_serial)
            values (@serial, @now, @algorithm, @hash, @policy, @tsu)
            """,
            new { serial, now, algorithm = asked.Imprint.HashAlgorithm.Oid, hash = asked.Imprint.Digest.ToArray(), policy = options.Policy, tsu = unit.Certificate.Serial },
            cancellationToken: ct));
        return token;
    }

    // 126 random bits in a positive INTEGER of fixed length; the primary key would catch a repetition.
    private static byte[] NewSerial()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
        return serial;
    }

    private byte[] Refuse(TimestampFailure failure)
    {
        Refused(logger, failure);
        return TimestampResponse.Refused(failure);
    }

    [LoggerMessage(8001, LogLevel.Information, "Refused a time-stamp request: {Failure}")]
    private static partial void Refused(ILogger logger, TimestampFailure failure);

    [LoggerMessage(8002, LogLevel.Warning, "No time stamp: token or database do not answer")]
    private static partial void DependencyDown(ILogger logger, Exception exception);
}
