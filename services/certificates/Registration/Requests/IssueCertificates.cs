using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Persistence;
using Pechat.Registration.Peers;

namespace Pechat.Registration.Requests;

/// <summary>
/// Takes confirmed requests to their certificates, on any number of replicas. Each step is idempotent by the request's id at the peer and its
/// result is stored, so a worker that dies anywhere is followed by another that goes on.
/// </summary>
internal sealed partial class IssueCertificates(
    NpgsqlDataSource db, IKeys keys, IIssuer issuer, RegistrationOptions options, TimeProvider clock, ILogger<IssueCertificates> logger) : BackgroundService
{
    private sealed record Claimed(Guid Id, Guid CustomerId, string Algorithm, string Data, Guid? CredentialId, byte[]? Csr, int Attempts);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.IssueInterval);
        do
        {
            while (await ClaimAsync(stoppingToken) is { } request)
                await AdvanceAsync(request, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private Task<Claimed?> ClaimAsync(CancellationToken ct) => db.InTransactionAsync(async tx =>
    {
        DateTimeOffset now = clock.GetUtcNow();
        Claimed? claimed = await tx.Connection!.QuerySingleOrDefaultAsync<Claimed>(new CommandDefinition("""
            update certificate_request
            set state = 'Issuing', claimed_until = @until, attempts = attempts + 1, changed_at = @now
            where id = (
                select id from certificate_request
                where state in ('AgreementSigned', 'Issuing') and next_attempt_at <= @now and (claimed_until is null or claimed_until < @now)
                order by next_attempt_at limit 1 for update skip locked)
            returning id, customer_id, algorithm, data, credential_id, csr, attempts
            """, new { now, until = now + options.ClaimLifetime }, tx, cancellationToken: ct));
        if (claimed is { Attempts: 1 })
            await Transition.RecordAsync(tx, claimed.Id, "Issuing", null, now, ct);
        return claimed;
    }, ct);

    private async Task AdvanceAsync(Claimed request, CancellationToken ct)
    {
        CertificateData data = CertificateData.Read(request.Data);
        try
        {
            // Step 1: the key, which proves its possession by the CSR.
            var (credential, csr) = request is { CredentialId: { } known, Csr: { } kept } ? (known, kept) : await CreateKeyAsync(request, data, ct);
            // Step 2: the certificate; the CA publishes that it exists.
            string serial = await issuer.IssueAsync(request.Id, options.PersonalProfile, csr, data, request.CustomerId, credential, ct);
            await FinishAsync(request.Id, "Issued", serial, null, ct);
            Issued(logger, request.Id, serial);
        }
        catch (FaultException fault) when (fault.Kind is FaultKind.Unavailable or FaultKind.Exhausted)
        {
            await PostponeAsync(request, ct);
            Postponed(logger, request.Id, fault.Code, request.Attempts);
        }
        catch (FaultException fault)
        {
            await FinishAsync(request.Id, "Rejected", null, fault.Code, ct);
            Rejected(logger, request.Id, fault.Code, fault.Message);
        }
    }

    private async Task<(Guid Credential, byte[] Csr)> CreateKeyAsync(Claimed request, CertificateData data, CancellationToken ct)
    {
        var (credential, csr) = await keys.CreateAsync(request.Id, request.CustomerId, request.Algorithm, data.CommonName, ct);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(
            "update certificate_request set credential_id = @credential, csr = @csr where id = @id", new { id = request.Id, credential, csr }, cancellationToken: ct));
        return (credential, csr);
    }

    private Task FinishAsync(Guid id, string state, string? serial, string? failure, CancellationToken ct) => db.InTransactionAsync(async tx =>
    {
        DateTimeOffset now = clock.GetUtcNow();
        int ended = await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            update certificate_request set state = @state, serial = @serial, failure = @failure, claimed_until = null, changed_at = @now where id = @id and state = 'Issuing'
            """, new { id, state, serial, failure, now }, tx, cancellationToken: ct));
        if (ended == 1) // else another replica took over and was quicker
            await Transition.RecordAsync(tx, id, state, serial ?? failure, now, ct);
    }, ct);

    private async Task PostponeAsync(Claimed request, CancellationToken ct)
    {
        TimeSpan pause = TimeSpan.FromSeconds(Math.Min(options.LongestPause.TotalSeconds, Math.Pow(2, Math.Min(request.Attempts, 16) - 1)));
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(
            "update certificate_request set claimed_until = null, next_attempt_at = @next where id = @id", new { id = request.Id, next = clock.GetUtcNow() + pause }, cancellationToken: ct));
    }

    [LoggerMessage(2001, LogLevel.Information, "Request {Request} has its certificate {Serial}")]
    private static partial void Issued(ILogger logger, Guid request, string serial);

    [LoggerMessage(2002, LogLevel.Warning, "Request {Request} waits: {Code} at attempt {Attempt}")]
    private static partial void Postponed(ILogger logger, Guid request, string code, int attempt);

    [LoggerMessage(2003, LogLevel.Warning, "Request {Request} is rejected: {Code}, {Detail}")]
    private static partial void Rejected(ILogger logger, Guid request, string code, string detail);
}
