using System.Security.Cryptography;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using Pechat.AdES.Pades;
using Pechat.AdES.Validation;
using Pechat.Contracts;
using Pechat.Validation.Material;

namespace Pechat.Validation.Documents;

/// <summary>Validates all signatures of a PDF (EN 319 102-1). The document is not kept; a row says what was judged and how.</summary>
internal static partial class ValidateDocument
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/validate", Handle);

    internal static async Task<Ok<ValidationReport>> Handle(
        HttpContext context, ValidationOptions options, ValidationQueue queue, TrustStore trust, RevocationFetcher fetcher,
        NpgsqlDataSource db, TimeProvider clock, ILogger<Program> logger, CancellationToken ct)
    {
        using IDisposable slot = queue.Enter();
        byte[] pdf = await UploadedDocument.ReadAsync(context, options.MaxDocumentBytes, ct);
        SignedPdf document = Parse(pdf);
        ValidationMaterial material = document.Gather(trust.Configured);
        material = await fetcher.CompleteAsync(material, document.RevocationTargets(material), ct);
        DateTimeOffset now = clock.GetUtcNow();
        IReadOnlyList<SignatureReport> signatures = document.Validate(material, now);
        ReportTexts texts = ReportTexts.For(context.Request);
        var report = ValidationReport.Of(Guid.CreateVersion7(now), SHA256.HashData(pdf), now, signatures, texts);
        await RecordAsync(db, report, ct);
        Validated(logger, report.ValidationId, report.Indication, signatures.Count);
        context.Response.Headers.ContentLanguage = texts.Language;
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(report);
    }

    private static SignedPdf Parse(byte[] pdf)
    {
        try
        {
            return SignedPdf.Parse(pdf);
        }
        catch (PdfException refusal)
        {
            string code = refusal.Problem == PdfProblem.Encrypted ? "encrypted_pdf" : "invalid_pdf";
            throw new FaultException(FaultKind.Invalid, code, refusal.Message, refusal);
        }
    }

    private static async Task RecordAsync(NpgsqlDataSource db, ValidationReport report, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into validation (id, document_digest, indication, sub_indication, signatures, validated_at)
            values (@ValidationId, @digest, @Indication, @SubIndication, @count, @ValidationTime)
            """,
            new
            {
                report.ValidationId, digest = Convert.FromHexString(report.DocumentDigest.Value), report.Indication, report.SubIndication,
                count = report.Signatures.Count, report.ValidationTime,
            },
            cancellationToken: ct));
    }

    [LoggerMessage(6001, LogLevel.Information, "Validation {Id}: {Indication}, {Count} signatures")]
    private static partial void Validated(ILogger logger, Guid id, string indication, int count);
}
