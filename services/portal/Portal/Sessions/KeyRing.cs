using System.Xml.Linq;
using Dapper;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Npgsql;

namespace Pechat.Portal.Sessions;

/// <summary>Keeps the keys of the session cookies in the portal's database, so that any replica reads any cookie.</summary>
internal sealed class KeyRing(NpgsqlDataSource db) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using NpgsqlConnection connection = db.OpenConnection();
        return [.. connection.Query<string>("select xml from data_protection_key order by id").Select(xml => XElement.Parse(xml))];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using NpgsqlConnection connection = db.OpenConnection();
        connection.Execute("insert into data_protection_key (name, xml) values (@friendlyName, @xml)",
            new { friendlyName, xml = element.ToString(SaveOptions.DisableFormatting) });
    }
}
