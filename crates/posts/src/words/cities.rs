//! Cities in which dialogues meet: capitals, and others that host conferences. Name, name in French when it is another,
//! state.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::folded;

const CITIES: &str = "\
Abidjan//ci Abuja//ng Accra//gh Addis_Ababa/Addis-Abeba/et Algiers/Alger/dz Amman//jo Amsterdam//nl Ankara//tr
Antananarivo//mg Asmara//er Astana//kz Athens/Athènes/gr Baghdad/Bagdad/iq Baku/Bakou/az Bamako//ml Bangkok//th Bangui//cf
Banjul//gm Barcelona/Barcelone/es Beijing/Pékin/cn Beirut/Beyrouth/lb Belgrade//rs Berlin//de Bern/Berne/ch Bishkek/Bichkek/kg
Bissau//gw Bogota//co Bonn//de Brasilia//br Bratislava//sk Brazzaville//cg Brussels/Bruxelles/be Bucharest/Bucarest/ro Budapest//hu
Buenos_Aires//ar Bujumbura//bi Cadiz/Cadix/es Cairo/Le_Caire/eg Casablanca//ma Chisinau//md Colombo//lk Conakry//gn
Copenhagen/Copenhague/dk Cotonou//bj Dakar//sn Dar_es_Salaam//tz Dhaka/Dacca/bd Djibouti//dj Doha//qa Dublin//ie
Dushanbe/Douchanbé/tj Freetown//sl Gaborone//bw Geneva/Genève/ch Hanoi/Hanoï/vn Harare//zw Helsinki//fi Istanbul//tr
Jakarta//id Johannesburg//za Juba/Djouba/ss Kampala//ug Khartoum//sd Kigali//rw Kinshasa//cd Kyiv/Kiev/ua Lagos//ng
Libreville//ga Lilongwe//mw Lima//pe Lisbon/Lisbonne/pt Ljubljana//si Lome/Lomé/tg London/Londres/gb Luanda//ao Lusaka//zm
Luxembourg//lu Madrid//es Malabo//gq Malaga//es Manama//bh Manila/Manille/ph Maputo//mz Marrakesh/Marrakech/ma
Maseru//ls Mexico_City/Mexico/mx Minsk//by Mogadishu/Mogadiscio/so Monrovia//lr Moroni//km Moscow/Moscou/ru Muscat/Mascate/om
Nairobi//ke N'Djamena//td New_Delhi//in New_York//us Niamey//ne Nicosia/Nicosie/cy Nouakchott//mr Oslo//no
Ottawa//ca Ouagadougou//bf Palermo/Palerme/it Paris//fr Podgorica//me Port_Louis//mu Porto//pt Prague//cz Praia//cv
Pretoria//za Pristina//xk Quito//ec Rabat//ma Reykjavik//is Riga//lv Riyadh/Riyad/sa Rome//it San_Jose//cr
Santiago//cl Sarajevo//ba Seoul/Séoul/kr Skopje//mk Sofia//bg Stockholm//se Stuttgart//de Tallinn//ee Tashkent/Tachkent/uz
Tbilisi/Tbilissi/ge Tehran/Téhéran/ir The_Hague/La_Haye/nl Tirana//al Tokyo//jp Tripoli//ly Tunis//tn Valletta/La_Valette/mt
Vienna/Vienne/at Vilnius//lt Warsaw/Varsovie/pl Washington//us Windhoek//na Yaounde/Yaoundé/cm Yerevan/Erevan/am Zagreb//hr";

/// Folded name -> (English name, code of the state in lower case).
static BY_NAME: LazyLock<BTreeMap<String, (String, &str)>> = LazyLock::new(|| {
    let mut names = BTreeMap::new();
    for city in CITIES.split_whitespace() {
        let mut cells = city.split('/');
        let mut cell = || cells.next().unwrap_or_default();
        let (english, french, state) = (cell().replace('_', " "), cell().replace('_', " "), cell());
        for name in [&english, &french] {
            if !name.is_empty() {
                names.insert(folded(name), (english.clone(), state));
            }
        }
    }
    names
});

/// The English name of a city and the code of its state.
pub(crate) fn find(name: &str) -> Option<(&'static str, &'static str)> {
    let (english, state) = BY_NAME.get(&folded(name))?;
    Some((english, state))
}

/// What a city is called in French, by its English name.
pub(crate) fn french(name: &str) -> Option<String> {
    let written = name.replace(' ', "_");
    let row = CITIES
        .split_whitespace()
        .find(|row| row.split('/').next() == Some(&written))?;
    let french = row.split('/').nth(1).filter(|french| !french.is_empty())?;
    Some(french.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cities_are_known_in_both_languages() {
        assert_eq!(find("Lisbonne"), Some(("Lisbon", "pt")));
        assert_eq!(find("Addis Ababa"), Some(("Addis Ababa", "et")));
        assert_eq!(find("La Haye"), find("The Hague"));
        assert_eq!(find("Yaoundé").map(|(_, state)| state), Some("cm"));
        assert_eq!(french("The Hague").as_deref(), Some("La Haye"));
        assert_eq!((french("Rabat"), french("Atlantis")), (None, None));
        assert_eq!(find("Africa"), None);
        assert!(BY_NAME.values().all(|(_, state)| state.len() == 2));
    }
}
