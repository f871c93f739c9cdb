using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Pechat.Billing.Packages;

/// <summary>The packages with today's prices; public.</summary>
internal static class ListPackages
{
    /// <summary>Name by language.</summary>
    internal sealed record Names(string En, string Bg);

    /// <summary>A package; amounts of prices are hundredths, <c>Units</c> is absent when unlimited, validity is an ISO 8601 period.</summary>
    internal sealed record Item(string Code, Names Name, int? Units, bool Unlimited, string Validity, IReadOnlyList<Price> Prices);

    internal sealed record Response(IReadOnlyList<Item> Packages);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/packages", Handle);

    internal static async Task<Ok<Response>> Handle(NpgsqlDataSource db, BillingOptions options, TimeProvider clock, CancellationToken ct)
    {
        DateOnly day = SofiaCalendar.DayOf(clock.GetUtcNow());
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition("""
            select p.code, p.name_en, p.name_bg, p.units, p.months, t.currency, t.gross_minor, t.vat_percent
            from package p
            cross join lateral (
                select currency, gross_minor, vat_percent
                from tariff
                where tariff.code = p.code and valid_from <= @day::date
                order by valid_from desc
                limit 1) t
            order by p.position
            """,
            new { day = day.ToDateTime(TimeOnly.MinValue) }, cancellationToken: ct));
        return TypedResults.Ok(new Response([.. rows.Select(r => new Item(
            r.Code, new(r.NameEn, r.NameBg), r.Units, r.Units is null, r.Months % 12 == 0 ? $"P{r.Months / 12}Y" : $"P{r.Months}M",
            PriceList.On(day, new(r.Code, r.Currency, r.GrossMinor, r.VatPercent), options.DualDisplayUntil)))]));
    }

    private sealed record Row(string Code, string NameEn, string NameBg, int? Units, int Months, string Currency, long GrossMinor, int VatPercent);
}
